package wsock

// Handler is what the user of a connection does with it. Its methods are called
// by one goroutine at a time, without a lock held; while one waits, its
// connection reads nothing, and so do others once 32 of them wait.
type Handler interface {
	// Message takes a whole message. It may write into data and keeps nothing
	// of it.
	Message(data []byte)
	// Control counts a ping or pong: false leaves it without effect. It may
	// close the connection.
	Control() bool
	// Leave is called once, as soon as no more messages will come. What is sent
	// afterwards may still arrive.
	Leave()
	// Closed is the last call, once and after Leave: the connection is gone.
	// slow tells that it was cut off because its client did not read.
	Closed(slow bool)
}
