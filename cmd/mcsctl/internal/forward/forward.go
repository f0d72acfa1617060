package forward

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream"
)

// Pod is one port of one pod.
type Pod struct {
	Namespace, Name string
	Port            int32
}

// Forwards are ports of this machine that lead to pods, one for each that was dialled. The zero value has none. It may be used
// concurrently; close it when done.
type Forwards struct {
	mu   sync.Mutex
	open map[Pod]*forward
}

// forward is one of them.
type forward struct {
	local string
	stop  context.CancelFunc
	done  chan struct{}
}

// Dial connects to a pod, through the forward it has or a new one.
func (f *Forwards) Dial(ctx context.Context, config *rest.Config, to Pod) (net.Conn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	opened, found := f.open[to]
	if !found {
		var err error
		if opened, err = begin(ctx, config, to); err != nil {
			return nil, fmt.Errorf("forwarding a port to pod %s/%s: %w", to.Namespace, to.Name, err)
		}
		if f.open == nil {
			f.open = map[Pod]*forward{}
		}
		f.open[to] = opened
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", opened.local)
}

// Close ends all of them.
func (f *Forwards) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, opened := range f.open {
		opened.stop()
		<-opened.done
	}
	f.open = nil
}

// begin forwards a free port of 127.0.0.1 to a pod's. It outlives ctx, which bounds its start.
func begin(ctx context.Context, config *rest.Config, to Pod) (*forward, error) {
	dialer, err := tunnel(config, to)
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ready := make(chan struct{})
	forwarder, err := portforward.NewOnAddressesForStreamingWithContext(running, dialer, []string{"127.0.0.1"}, []string{"0:" + strconv.Itoa(int(to.Port))}, ready, io.Discard, io.Discard)
	if err != nil {
		stop()
		return nil, err
	}
	opened := &forward{stop: stop, done: make(chan struct{})}
	ended := make(chan error, 1)
	go func() {
		defer close(opened.done)
		ended <- forwarder.ForwardPorts()
	}()
	select {
	case <-ready:
	case err = <-ended:
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	var ports []portforward.ForwardedPort
	if err == nil {
		ports, err = forwarder.GetPorts()
	}
	if err != nil {
		stop() // it ends by itself then, when the API server answers or its time is over
		return nil, err
	}
	opened.local = net.JoinHostPort("127.0.0.1", strconv.Itoa(int(ports[0].Local)))
	return opened, nil
}

// tunnel is the way through the API server to a pod's ports: over a WebSocket, and over SPDY to servers that do not know that yet.
func tunnel(config *rest.Config, to Pod) (httpstream.Dialer, error) {
	target, err := target(config, to)
	if err != nil {
		return nil, err
	}
	websocket, err := portforward.NewSPDYOverWebsocketDialerForStreaming(target, config)
	if err != nil {
		return nil, err
	}
	transport, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return nil, err
	}
	older := spdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, http.MethodPost, target)
	return portforward.NewFallbackDialerForStreaming(websocket, older, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	}), nil
}

// target is the pod's subresource for forwarding.
func target(config *rest.Config, to Pod) (*url.URL, error) {
	core := rest.CopyConfig(config)
	core.GroupVersion, core.APIPath = &corev1.SchemeGroupVersion, "/api"
	core.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	client, err := rest.RESTClientFor(core)
	if err != nil {
		return nil, err
	}
	return client.Post().Resource("pods").Namespace(to.Namespace).Name(to.Name).SubResource("portforward").URL(), nil
}
