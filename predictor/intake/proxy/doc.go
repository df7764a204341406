// Package proxy stands in front of a model that runs elsewhere: it forwards requests and
// answers byte for byte, and logs the predictions between them before it answers.
package proxy
