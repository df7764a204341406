package command

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/common/version"

	"github.com/drift-exporter/drift_exporter/predictor"
	"github.com/drift-exporter/drift_exporter/predictor/intake"
	"github.com/drift-exporter/drift_exporter/predictor/intake/events"
	"github.com/drift-exporter/drift_exporter/predictor/intake/proxy"
	"github.com/drift-exporter/drift_exporter/predictor/intake/record"
)

// upstream says which models run elsewhere, and how their predictions come to the log.
type upstream struct {
	url, protocol, config, tee *string
	timeout, expire            *time.Duration
}

func upstreamFlags(cmd flagged) *upstream {
	return &upstream{
		url:      cmd.Flag("upstream.url", "Address of a model that runs elsewhere: requests are forwarded to it and logged, instead of answered by --model.file.").PlaceHolder("http://HOST:PORT").String(),
		protocol: cmd.Flag("upstream.protocol", "Protocol between clients and the model: "+strings.Join(intake.Upstreams, ", ")+".").PlaceHolder("PROTOCOL").String(),
		config:   cmd.Flag("upstream.config", "File that says how the requests and answers of models that run elsewhere are read.").PlaceHolder("FILE").String(),
		timeout:  durationFlag(cmd, "upstream.timeout", "How long the model may take for an answer; 0: no bound.", "1m"),
		tee:      cmd.Flag("events.tee", "Address that gets the events of POST /events, too; needs --upstream.config.").PlaceHolder("URL").String(),
		expire:   durationFlag(cmd, "events.expire", "How long an event of POST /events waits for its request or response.", "10m"),
	}
}

// given reports whether the models run elsewhere.
func (u *upstream) given() bool { return *u.config != "" }

// check refuses flags that do not go together.
func (u *upstream) check(modelFile string) error {
	switch {
	case *u.config == "" && *u.tee != "":
		return errors.New("--events.tee needs --upstream.config=FILE, which says what the events hold")
	case *u.expire < time.Second:
		return fmt.Errorf("--events.expire=%v: must be at least 1s", *u.expire)
	case *u.config == "" && (*u.url != "" || *u.protocol != ""):
		return errors.New("--upstream.url needs --upstream.config=FILE, which says what the model answers")
	case *u.config != "" && modelFile != "":
		return errors.New("--model.file and --upstream.config exclude each other: a model is served here or runs elsewhere")
	case *u.url != "" && *u.protocol == "":
		return errors.New("--upstream.url needs --upstream.protocol: " + strings.Join(intake.Upstreams, ", "))
	case *u.url == "" && *u.protocol != "":
		return errors.New("--upstream.protocol needs --upstream.url, the address of the model")
	case *u.protocol != "":
		_, err := intake.ParseProtocol(*u.protocol)
		if err != nil {
			return fmt.Errorf("--upstream.protocol: %w", err)
		}
	}
	return nil
}

// run serves what is in front of and beside the models.
func (u *upstream) run(ctx context.Context, o *predictor.RunOptions) error {
	config, err := intake.Load(*u.config)
	if err != nil {
		return err
	}
	var names []string
	for _, m := range config.Models {
		names = append(names, m.Name)
	}
	o.Elsewhere = func(log predictor.Log, metrics *predictor.Metrics) (*predictor.Elsewhere, error) {
		recorder, err := record.New(log, metrics.Registry(), o.Logger)
		if err != nil {
			return nil, err
		}
		taken, err := u.events(ctx, config, recorder, metrics, o)
		if err != nil {
			return nil, err
		}
		e := &predictor.Elsewhere{Names: strings.Join(names, ", "), Pages: map[string]http.Handler{events.Path: taken}, Close: taken.Close}
		if *u.url != "" {
			if e.Rest, err = u.proxy(config, recorder, metrics, o); err != nil {
				taken.Close()
				return nil, err
			}
		}
		return e, nil
	}
	o.Logger.Info("starting predictor", "models", strings.Join(names, ", "), "upstream", *u.url, "protocol", *u.protocol, "version", version.Info(), "build", version.BuildContext())
	return predictor.Run(ctx, *o)
}

// The events that may wait for their partners, and the bytes of their bodies.
const (
	mostEvents     = 100_000
	mostEventBytes = 256 << 20
)

// events takes what is logged beside the models.
func (u *upstream) events(ctx context.Context, config *intake.Config, recorder *record.Recorder, metrics *predictor.Metrics, o *predictor.RunOptions) (*events.Handler, error) {
	options := events.Options{
		Path: o.LogPath + "-events", Config: config, Recorder: recorder, Expire: *u.expire,
		Waiting: mostEvents, Bytes: mostEventBytes, Registry: metrics.Registry(), Logger: o.Logger,
	}
	if *u.tee != "" {
		tee, err := url.Parse(*u.tee)
		if err != nil || tee.Scheme != "http" && tee.Scheme != "https" || tee.Host == "" || tee.User != nil {
			return nil, errors.New("--events.tee: write an address such as http://broker/default")
		}
		options.Tee = tee
	}
	return events.New(ctx, options)
}

// proxy stands in front of the model.
func (u *upstream) proxy(config *intake.Config, recorder *record.Recorder, metrics *predictor.Metrics, o *predictor.RunOptions) (http.Handler, error) {
	address, err := url.Parse(*u.url)
	if err != nil {
		return nil, fmt.Errorf("--upstream.url: %w", err)
	}
	return proxy.New(proxy.Options{
		URL: address, Protocol: intake.Protocol(*u.protocol), Config: config, Recorder: recorder,
		Serve: o.LogFailure == predictor.LogFailureServe, Unlogged: metrics.Unlogged,
		Timeout: *u.timeout, MaxRequests: int64(o.MaxRequests), Registry: metrics.Registry(), Logger: o.Logger,
	})
}
