// Package rabbitmq reads outcomes from a queue of RabbitMQ. A message is acknowledged
// when its outcome is on the disk. One that is delivered again, because a connection was
// lost in between, is known by its message id, or adds nothing.
package rabbitmq
