package router

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"
)

// NAT-PMP, RFC 6886.
//
//	ask:    version 0 | operation 1 | reserved 2 | our port 2 | wanted port 2 | seconds 4
//	answer: version 0 | 128+operation 1 | result 2 | epoch 4 | our port 2 | port 2 | seconds 4
//	                                                       … or its address 4
const (
	pmpPort    = 5351
	pmpAddress = 0
	pmpUDP     = 1
	pmpTries   = 3
	pmpTime    = 250 * time.Millisecond // for the first answer; then twice as long
)

// pmp is a gateway that speaks NAT-PMP.
type pmp struct {
	local netip.Addr
	at    netip.AddrPort
}

func (p *Port) findPMP(context.Context) (gateway, error) {
	at := p.cfg.Gateway
	if !at.IsValid() {
		way, err := wayOut(p.local.Addr())
		if err != nil {
			return nil, err
		}
		at = netip.AddrPortFrom(way, pmpPort)
	}
	return pmp{p.local.Addr(), at}, nil
}

func (g pmp) open(ctx context.Context, local netip.AddrPort, want uint16, lease time.Duration) (lent, error) {
	answer, err := g.call(ctx, []byte{0, pmpAddress}, 12)
	if err != nil {
		return lent{}, err
	}
	addr := netip.AddrFrom4([4]byte(answer[8:12]))
	port, granted, err := g.lend(ctx, local.Port(), want, lease)
	return lent{netip.AddrPortFrom(addr, port), granted}, err
}

func (g pmp) shut(ctx context.Context, local netip.AddrPort, _ uint16) error {
	_, _, err := g.lend(ctx, local.Port(), 0, 0)
	return err
}

func (g pmp) lend(ctx context.Context, own, want uint16, lease time.Duration) (uint16, time.Duration, error) {
	ask := []byte{0, pmpUDP, 0, 0}
	ask = binary.BigEndian.AppendUint16(ask, own)
	ask = binary.BigEndian.AppendUint16(ask, want)
	ask = binary.BigEndian.AppendUint32(ask, uint32(lease.Seconds()))
	answer, err := g.call(ctx, ask, 16)
	if err != nil {
		return 0, 0, err
	}
	if binary.BigEndian.Uint16(answer[8:]) != own {
		return 0, 0, errors.New("router: answers for another port")
	}
	granted := min(time.Duration(binary.BigEndian.Uint32(answer[12:]))*time.Second, lease)
	return binary.BigEndian.Uint16(answer[10:]), granted, nil
}

// call asks until there is an answer of so many bytes. Only the gateway's own
// counts: the socket is connected to it.
func (g pmp) call(ctx context.Context, ask []byte, size int) ([]byte, error) {
	d := net.Dialer{LocalAddr: net.UDPAddrFromAddrPort(netip.AddrPortFrom(g.local, 0))}
	conn, err := d.DialContext(ctx, "udp4", g.at.String())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })() // an open socket takes it
	answer := make([]byte, 64)
	for i := range pmpTries {
		if _, err = conn.Write(ask); err != nil {
			return nil, err
		}
		_ = conn.SetReadDeadline(time.Now().Add(pmpTime << i)) // as above
		var n int
		if n, err = conn.Read(answer); err == nil {
			return answer[:n], checkPMP(answer[:n], ask[1], size)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return nil, err
}

func checkPMP(answer []byte, operation byte, size int) error {
	if len(answer) < size || answer[0] != 0 || answer[1] != 128+operation {
		return errors.New("router: not NAT-PMP")
	}
	if result := binary.BigEndian.Uint16(answer[2:]); result != 0 {
		return fmt.Errorf("router: NAT-PMP refuses: %d", result)
	}
	return nil
}

// wayOut is the router that a system sends to by default. Where it cannot be
// asked, the first address of a home's network is likely.
func wayOut(local netip.Addr) (netip.Addr, error) {
	table, err := os.ReadFile("/proc/net/route")
	if err != nil {
		a := local.As4()
		a[3] = 1
		return netip.AddrFrom4(a), nil
	}
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if len(f) < 3 || f[1] != "00000000" || f[2] == "00000000" {
			continue
		}
		n, err := strconv.ParseUint(f[2], 16, 32)
		if err != nil {
			continue
		}
		return netip.AddrFrom4([4]byte(binary.NativeEndian.AppendUint32(nil, uint32(n)))), nil
	}
	return netip.Addr{}, errors.New("router: no way out")
}
