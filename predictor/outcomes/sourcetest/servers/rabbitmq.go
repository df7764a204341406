package servers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// RabbitMQ starts a broker. Its URL is amqp://.
func RabbitMQ(ctx context.Context) (*Server, error) {
	found, err := filepath.Glob("/usr/lib/rabbitmq/lib/*/sbin/rabbitmq-server")
	if err != nil || len(found) == 0 {
		return nil, &MissingError{"rabbitmq-server (Debian: rabbitmq-server)"}
	}
	s, port, err := newServer(ctx, "rabbitmq")
	if err != nil {
		return nil, err
	}
	others, err := freePorts(ctx)
	if err != nil {
		return nil, err
	}
	config := filepath.Join(s.Folder, "rabbitmq.conf")
	text := fmt.Sprintf("listeners.tcp.1 = 127.0.0.1:%d\nloopback_users = none\nlog.console = false\n", port)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	epmd := strconv.Itoa(others[1])
	s.line = found[:1]
	s.env = []string{"HOME=" + s.Folder, fmt.Sprintf("RABBITMQ_NODENAME=outcomes%d@localhost", port), fmt.Sprintf("RABBITMQ_DIST_PORT=%d", others[0]),
		"ERL_EPMD_PORT=" + epmd, "ERL_EPMD_ADDRESS=127.0.0.1", "RABBITMQ_MNESIA_BASE=" + s.Folder, "RABBITMQ_LOG_BASE=" + s.Folder,
		"RABBITMQ_CONFIG_FILE=" + config, "RABBITMQ_PID_FILE=" + filepath.Join(s.Folder, "pid"),
		"RABBITMQ_ENABLED_PLUGINS_FILE=" + filepath.Join(s.Folder, "plugins"), "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S 1:1"}
	s.URL = fmt.Sprintf("amqp://guest:guest@127.0.0.1:%d/", port)
	s.answers = func(context.Context) error {
		connection, err := amqp.Dial(s.URL)
		if err != nil {
			return err
		}
		return connection.Close()
	}
	s.forget = func() { // the register of names is a process of its own
		for range 100 { // until it has noticed that the broker is gone
			c := exec.Command("epmd", "-port", epmd, "-kill") //nolint:gosec,noctx // the port is our own
			if out, err := c.CombinedOutput(); err == nil || !strings.Contains(string(out), "living nodes") {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return s, s.Start(ctx)
}
