package job

// Pause has this process begin no more jobs until Resume, or until it ends. What
// runs goes on, and what is enqueued waits.
func (q *Queue) Pause() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.paused = true
}

// Resume ends a Pause.
func (q *Queue) Resume() {
	q.mu.Lock()
	q.paused = false
	q.mu.Unlock()
	q.notifyAll()
}

// Known tells whether jobs of a type are done here.
func (q *Queue) Known(typ string) bool {
	_, ok := q.kinds[typ]
	return ok
}
