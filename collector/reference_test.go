package collector

import "testing"

func TestReferencePage(t *testing.T) {
	t.Parallel()
	golden(t, referenceInfo{})
}

func TestReferencesAreToldWithoutTheLog(t *testing.T) {
	t.Parallel()
	got := samples(t, referenceInfo{}, failed(errUnread))
	contains(t, got,
		`model_reference_info{hash="0123456789ab",model="loan_refinance",source="embedded",version="1"} 1`,
		`model_reference_load_success{model="loan_refinance",version="1"} 1`)
	lacks(t, got, "model_reference_timestamp_seconds")
}
