// Package servers starts databases and brokers on the loopback interface for tests and
// measurements. They can be killed and started again on the same data and port.
package servers
