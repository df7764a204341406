// Package events takes the CloudEvents that the loggers of KServe and Seldon send beside a
// model, and logs the predictions that a request and its answer make together.
package events
