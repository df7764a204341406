// Package rabbitmq reads outcomes from a queue of RabbitMQ. It acknowledges a message once the
// outcome is on the disk. If the connection was lost in between, the message is delivered again.
// Then it is recognised by its message id, or its outcome adds nothing.
package rabbitmq
