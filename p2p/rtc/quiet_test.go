package rtc

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestQuiet: two that have nothing to say ask now and then whether the other is
// there, and no more; who goes without a word is missed within a minute.
func TestQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newInternet(1)
		a, b := behind(in, "8.1.1.1"), behind(in, "8.2.2.2")
		defer run(t, a)()
		defer run(t, b)()
		ca, cb := mustConnect(t, a, b)
		time.Sleep(time.Minute)
		before := a.Stats().Sent
		time.Sleep(10 * time.Minute)
		if n := a.Stats().Sent - before; n < 60*100 || n > 180*100 {
			t.Errorf("%d bytes in ten minutes, want a question and an answer of a hundred each ten seconds", n)
		}
		if err := exchange(ca, cb, 1, MaxMessage); err != nil {
			t.Fatal(err)
		}
		in.set(&b.ground.(*machine).up, func(w *wire) { w.loss = 1 })
		time.Sleep(time.Minute)
		select {
		case <-ca.Done():
		default:
			t.Error("who went away is not missed")
		}
	})
}
