package main

import (
	"io"
	"log/slog"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
)

// logLevels are the levels a person can choose. V(1) of logr is one below info.
var logLevels = map[string]slog.Level{"error": slog.LevelError, "info": slog.LevelInfo, "debug": slog.Level(-1)}

// newLogger returns the process' logger, which the libraries use as well.
func newLogger(o options, to io.Writer) logr.Logger {
	settings := &slog.HandlerOptions{Level: logLevels[o.logLevel]}
	var handler slog.Handler = slog.NewTextHandler(to, settings)
	if o.logFormat == "json" {
		handler = slog.NewJSONHandler(to, settings)
	}
	log := logr.FromSlogHandler(handler)
	ctrl.SetLogger(log)
	klog.SetLogger(log.WithName("client"))
	return log
}
