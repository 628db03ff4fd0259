package instance

import (
	"context"
	"net"

	"vidiverse/p2p/metrics"
)

// showMetrics answers Prometheus at the operator's address, by PeerTube's names
// where PeerTube has the number.
func (i *Instance) showMetrics(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", i.cfg.Metrics)
	if err != nil {
		return err
	}
	return metrics.Serve(ctx, l, metrics.Handler(i.log, i.countRows, i.countViewers, i.countTracker))
}

// metricsService is showMetrics for the supervisor.
type metricsService struct{ i *Instance }

func (m metricsService) Serve(ctx context.Context) error { return m.i.showMetrics(ctx) }
func (metricsService) String() string                    { return "metrics" }

// countRows is what the database knows.
func (i *Instance) countRows(ctx context.Context, p *metrics.Page) error {
	sums, err := store{i.db}.sums(ctx)
	if err != nil {
		return err
	}
	for _, s := range sums {
		switch s.what {
		case "users":
			p.Gauge("peertube_users_total", "Users of the instance.", s.value)
		case "channels":
			p.Gauge("peertube_channels_total", "Channels.", s.value, "channelOrigin", s.label)
		case "videos":
			p.Gauge("peertube_videos_total", "Videos.", s.value, "videoOrigin", s.label)
		case "views":
			p.Gauge("peertube_video_views_total", "Views of the instance's videos.", s.value, "viewOrigin", s.label)
		case "bytes":
			p.Gauge("peertube_video_bytes_total", "Bytes of video files.", s.value, "videoOrigin", s.label)
		case "jobs":
			p.Gauge("peertube_job_queue_total", "Jobs, by type and state.", s.value, "jobType", s.label, "state", s.state)
		}
	}
	return nil
}

func (i *Instance) countViewers(_ context.Context, p *metrics.Page) error {
	p.Gauge("peertube_viewers_total", "People who watch now.", float64(i.stats.Viewers()), "viewerOrigin", "local", "videoOrigin", "local")
	return nil
}

// countTracker is what the tracker does. PeerTube counts swarms without peers
// too; ours forgets them.
func (i *Instance) countTracker(_ context.Context, p *metrics.Page) error {
	t := i.tracker.Stats()
	p.Gauge("peertube_bittorrent_tracker_active_infohashes_total", "Swarms with peers.", float64(t.Swarms))
	p.Gauge("peertube_bittorrent_tracker_inactive_infohashes_total", "Swarms without peers.", 0)
	p.Gauge("peertube_bittorrent_tracker_peers_total", "Peers in swarms.", float64(t.Members+t.Hosts))
	p.Gauge("vidiverse_tracker_sockets", "Connections to the tracker.", float64(t.Sockets))
	p.Gauge("vidiverse_tracker_mirrors", "Enrolled nodes in swarms.", float64(t.Mirrors))
	p.Counter("vidiverse_tracker_announces_total", "Announces.", float64(t.Announces))
	p.Counter("vidiverse_tracker_offers_total", "Offers that came.", float64(t.Offers))
	p.Counter("vidiverse_tracker_answers_total", "Answers that came.", float64(t.Answers))
	p.Counter("vidiverse_tracker_relayed_total", "Offers and answers passed on.", float64(t.Relayed))
	p.Counter("vidiverse_tracker_scrapes_total", "Scrapes.", float64(t.Scrapes))
	for why, n := range t.Refused {
		p.Counter("vidiverse_tracker_refused_total", "What was refused, by reason.", float64(n), "reason", why)
	}
	return nil
}
