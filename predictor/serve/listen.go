package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/mdlayher/vsock"
	"github.com/prometheus/exporter-toolkit/web"
)

// listen opens all addresses of the flags, or none. An address is a systemd socket, host:port, or
// vsock://:port in a virtual machine.
func listen(ctx context.Context, flags *web.FlagConfig) (listeners []net.Listener, err error) {
	if flags.WebSystemdSocket != nil && *flags.WebSystemdSocket {
		listeners, err := activation.Listeners()
		if err == nil && len(listeners) == 0 {
			err = errors.New("--web.systemd-socket: systemd handed over no socket; start this as the service of a .socket unit")
		}
		return listeners, err
	}
	if flags.WebListenAddresses == nil || len(*flags.WebListenAddresses) == 0 {
		return nil, web.ErrNoListeners
	}
	for _, address := range *flags.WebListenAddresses {
		l, err := listenAt(ctx, address)
		if err != nil {
			closeAll(listeners)
			return nil, err
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

func listenAt(ctx context.Context, address string) (net.Listener, error) {
	if !strings.HasPrefix(address, "vsock://") {
		return new(net.ListenConfig).Listen(ctx, "tcp", address)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("--web.listen-address=%s: write vsock://:PORT", address)
	}
	port, err := strconv.ParseUint(u.Port(), 10, 32)
	if err != nil {
		return nil, fmt.Errorf("--web.listen-address=%s: write vsock://:PORT", address)
	}
	return vsock.Listen(uint32(port), nil)
}

// closeAll closes listeners. Some may already be closed by their servers.
func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		_ = l.Close()
	}
}
