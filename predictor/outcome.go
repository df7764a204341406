package predictor

import (
	"strconv"
	"strings"

	"github.com/drift-exporter/drift_exporter/predictor/model"
	"github.com/drift-exporter/drift_exporter/predictor/value"
)

// maxOutcome is the longest outcome of a model that runs elsewhere, in bytes.
const maxOutcome = 1024

// outcomes reads the outcome of a prediction: one of the model's classes, in any spelling of
// its text or its name, or as true or false if the classes are 0 and 1.
type outcomes struct {
	classes value.Classes
	last    string             // The last of them, such as "1".
	advice  string             // Lists the classes: "send 0 or 1".
	any     *value.ClassReader // Of models that run elsewhere, whose classes are not known, and of many classes.
	number  bool               // The model is a regression: an outcome is a number.
}

// outcomesOf returns a reader of the outcomes of a model.
func outcomesOf(m *model.Model) outcomes {
	switch m.Type {
	case value.Regression:
		return outcomes{number: true, last: "0", advice: "send the number that was observed"}
	case value.Multiclass:
		o := newOutcomes(m.Classes()) // An outcome may be a class that the model has not learnt.
		o.any = value.NewOpenClassReader(m.Classes())
		return o
	}
	return newOutcomes(m.Classes())
}

// anyOutcomes returns a reader of the outcomes of models that run elsewhere: a class or a
// number.
func anyOutcomes() outcomes {
	return outcomes{any: value.NewClassReader(nil), last: "1", advice: "send the class, or the number of a regression"}
}

// newOutcomes returns a reader of the outcomes of a model with these classes.
func newOutcomes(classes []value.Class) outcomes {
	listed := make([]string, len(classes))
	for i, class := range classes {
		listed[i] = string(appendClass(nil, class.Text))
		if class.Name != "" && class.Name != class.Text {
			listed[i] += " (" + strconv.Quote(class.Name) + ")"
		}
	}
	o := outcomes{classes: value.NewClasses(classes)}
	o.last, _ = o.classes.Match(classes[len(classes)-1].Text)
	o.advice = "send " + strings.Join(listed, " or ")
	return o
}

// read returns the class that a request's actual_outcome means. Reason is empty when
// there is one.
func (o *outcomes) read(v token) (class, reason, detail string) {
	text := ""
	switch v.typ {
	case jsonTrue, jsonFalse:
		text = v.typ.String()
	case jsonNumber, jsonString:
		text = string(v.text)
	default:
		return "", reasonWrongType, "actual_outcome is " + v.typ.String() + "; " + o.advice
	}
	if o.number {
		return readNumber(v, text, o.advice)
	}
	if o.any != nil {
		if class, ok := o.any.Actual(text); ok && len(class) <= maxOutcome && !strings.ContainsRune(class, 0) {
			return class, "", ""
		}
		return "", reasonOutOfRange, "actual_outcome is empty, longer than " + strconv.Itoa(maxOutcome) + " bytes, or has a NUL; " + o.advice
	}
	class, ok := o.classes.Match(text)
	if ok {
		return class, "", ""
	}
	if v.typ == jsonString {
		text = strconv.Quote(clip(v.text))
	} else {
		text = clip([]byte(text))
	}
	return "", reasonOutOfRange, "actual_outcome is " + text + ", which is not a class of the model; " + o.advice
}

// readNumber returns the canonical text of an outcome of a regression.
func readNumber(v token, text, advice string) (number, reason, detail string) {
	if v.typ == jsonNumber || v.typ == jsonString {
		if x, ok := value.OutcomeNumber(text); ok {
			return string(appendNumber(nil, x)), "", ""
		}
		return "", reasonOutOfRange, "actual_outcome is " + strconv.Quote(clip(v.text)) + ", which is not a finite number; " + advice
	}
	return "", reasonWrongType, "actual_outcome is " + v.typ.String() + "; " + advice
}

// correct reports whether the class in the log, which any service may have written, is the
// outcome.
func (o *outcomes) correct(class, outcome string) bool {
	if o.any != nil {
		return o.any.Predicted(class) == o.any.Predicted(outcome)
	}
	if canonical, ok := o.classes.Match(class); ok {
		class = canonical
	}
	return class == outcome
}
