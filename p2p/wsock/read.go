package wsock

// feed handles what came. It may write into data and does not keep it.
func (c *Conn) feed(data []byte) {
	kept := len(c.partial) > 0
	if kept {
		c.partial = append(c.partial, data...)
		data = c.partial
	}
	whole := len(data)
	for len(data) > 0 {
		f, size, status := cut(data, c.server.limits.Message)
		if status != 0 {
			c.Close(status)
			data = nil // what follows cannot be told apart
			break
		}
		if size == 0 {
			break
		}
		data = data[size:]
		c.frame(&f)
	}
	switch {
	case len(data) == 0:
		c.partial = nil
	case !kept || len(data) < whole:
		c.partial = append([]byte(nil), data...)
	}
	// Whatever has begun must end soon: memory waits for it.
	if (len(data) > 0 || c.fragment) && !c.hurry && !c.doomed {
		c.hurry = true
		c.within(c.server.limits.Frame)
	}
}

func (c *Conn) frame(f *frame) {
	switch {
	case f.opcode == opClose:
		c.bye()
	case c.doomed:
	case f.opcode == opPing:
		if c.handler.Control() {
			c.Send(control(opPong, f.payload...))
		}
	case f.opcode == opPong:
		if c.handler.Control() && c.probed.Load() {
			c.calm()
		}
	default:
		c.data(f)
	}
}

// data puts messages together.
func (c *Conn) data(f *frame) {
	switch {
	case c.fragment != (f.opcode == opNext):
		c.Close(StatusProtocol)
		return
	case len(c.message)+len(f.payload) > c.server.limits.Message:
		c.Close(StatusTooBig)
		return
	case !f.fin:
		c.fragment = true
		c.message = append(c.message, f.payload...)
		return
	}
	payload := f.payload
	if c.fragment {
		payload = append(c.message, f.payload...)
		c.message, c.fragment = nil, false
	}
	c.handler.Message(payload)
	c.calm()
}
