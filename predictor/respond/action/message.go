package action

import "github.com/drift-exporter/drift_exporter/predictor/respond"

// jobMessage is a job as other systems receive it.
type jobMessage struct {
	Run      string         `json:"run"`
	Key      string         `json:"idempotency_key"`
	Playbook string         `json:"playbook"`
	Model    string         `json:"model"`
	Version  string         `json:"version"`
	Alert    respond.Alert  `json:"alert"`
	Steps    []respond.Done `json:"steps_done"`
}

func message(j *respond.Job) jobMessage {
	return jobMessage{Run: j.Run, Key: j.Key, Playbook: j.Playbook, Model: j.Model, Version: j.Version, Alert: j.Alert, Steps: j.Before}
}
