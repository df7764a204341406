// Package intake turns what other programs send to a model, and what the model answers,
// into predictions for the log. It knows the Open Inference Protocol (v2), the V1
// protocol of KServe and TensorFlow Serving, MLflow's scoring server, Amazon SageMaker's
// endpoints and Seldon's protocol. It does no IO: proxy, events and history below bring
// the bodies.
package intake
