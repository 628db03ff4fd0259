package node

import (
	"context"
	"net"

	"vidiverse/p2p/ledger"
	"vidiverse/p2p/metrics"
)

// showMetrics answers Prometheus at the user's address. There is no video, peer
// or address in the labels.
func (n *Node) showMetrics(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", n.cfg.Metrics)
	if err != nil {
		return err
	}
	return metrics.Serve(ctx, l, metrics.Handler(n.log, n.count))
}

func (n *Node) count(ctx context.Context, p *metrics.Page) error {
	st, err := sharing{n}.State(ctx)
	if err != nil {
		return err
	}
	p.Gauge("vidiverse_sharing", "1 while bytes may be sent.", is(st.Reason == ""))
	for _, reason := range reasons {
		p.Gauge("vidiverse_sharing_stopped", "1 for the reason for which nothing is sent.", is(st.Reason == reason), "reason", reason)
	}
	p.Gauge("vidiverse_sent_month_bytes", "Bytes on the line that count in this month.", float64(st.Month))
	p.Gauge("vidiverse_sent_month_limit_bytes", "Most of them; 0 for no limit.", float64(st.MonthCap))
	p.Gauge("vidiverse_rate_limit_bytes", "Most bytes a second; 0 for no limit.", float64(n.gate.Limits().Rate))
	p.Gauge("vidiverse_held_bytes", "Bytes of media on disk.", float64(st.Bytes))
	p.Gauge("vidiverse_held_videos", "Videos of which something is on disk.", float64(st.Videos))
	p.Gauge("vidiverse_swarms", "Swarms joined.", float64(st.Swarms))
	by := n.ledger.ByTransport()
	for _, t := range ledger.Transports() {
		s, name := by[t], string(t)
		p.Counter("vidiverse_sent_bytes_total", "Bytes of media sent.", float64(s.Sent), "transport", name)
		p.Counter("vidiverse_vain_bytes_total", "Bytes of media sent that helped nobody.", float64(s.Vain), "transport", name)
		p.Counter("vidiverse_line_bytes_total", "Bytes that passed the gate, with all that protocols add.", float64(s.Line), "transport", name)
		p.Counter("vidiverse_received_bytes_total", "Bytes of media received and verified.", float64(s.Received), "transport", name)
		p.Counter("vidiverse_refused_total", "Requests refused.", float64(s.Refused), "transport", name)
		p.Counter("vidiverse_connections_total", "Connections.", float64(s.Opened), "transport", name)
		p.Gauge("vidiverse_connections", "Connections now.", float64(s.Open), "transport", name)
	}
	return nil
}

func is(so bool) float64 {
	if so {
		return 1
	}
	return 0
}
