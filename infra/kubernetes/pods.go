// Package kubernetes asks the cluster's API which pods there are: one question, by plain
// HTTPS with the pod's own service account, in place of a client library of thousands of
// types (US-SC-020). The service account needs `list` on `pods` of its namespace. It
// changes nothing, and whoever asks goes on without an answer.
package kubernetes

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
)

// Options say which pods, and where the API is.
type Options struct {
	// Selector is a label selector of all pods that serve the same binds, as in
	// app=smpp-connector,mno=awcc,direction=trx.
	Selector string
	Address  string // of the API, host:port; kubernetes.default.svc:443 when empty
	// Account is the folder with token, ca.crt and namespace; the place where Kubernetes
	// mounts it by default.
	Account string

	Listener event.Listener // hears DependencyChanged{Name: "kubernetes"}; nil: nobody
}

const (
	defaultAccount = "/var/run/secrets/kubernetes.io/serviceaccount"
	timeout        = 5 * time.Second
	longestAnswer  = 16 << 20
)

// Pods lists the pods of a selector. It implements port.Roster.
type Pods struct {
	options   Options
	namespace string
	client    *http.Client
	up        event.Dependency
}

// Open reads what the service account gives. The error says which of it is missing.
func Open(o Options) (*Pods, error) {
	if o.Account == "" {
		o.Account = defaultAccount
	}
	if o.Address == "" {
		o.Address = "kubernetes.default.svc:443"
	}
	namespace, err := os.ReadFile(filepath.Join(o.Account, "namespace"))
	if err != nil {
		return nil, fmt.Errorf("KUBERNETES_POD_SELECTOR is set, and there is no service account: outside Kubernetes leave it out, inside mount one (automountServiceAccountToken): %w", err)
	}
	authority, err := os.ReadFile(filepath.Join(o.Account, "ca.crt"))
	if err != nil {
		return nil, fmt.Errorf("the service account's authority: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("the service account's ca.crt holds %d octets and no certificate", len(authority))
	}
	return &Pods{options: o, namespace: strings.TrimSpace(string(namespace)), up: event.Dependency{Name: "kubernetes", Listener: o.Listener},
		client: &http.Client{Timeout: timeout, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}}, nil
}

// podList is what we read of a PodList.
type podList struct {
	Items []struct {
		Metadata struct {
			Name string `json:"name"`
		} `json:"metadata"`
		Status struct {
			Phase string `json:"phase"`
		} `json:"status"`
	} `json:"items"`
}

// Running implements port.Roster: the names of the pods that have not ended.
func (p *Pods) Running(ctx context.Context) ([]string, error) {
	names, err := p.ask(ctx)
	if err != nil {
		p.up.Down(err.Error(), time.Now())
		return nil, fmt.Errorf("list the pods: %w", err)
	}
	p.up.Up(time.Now())
	return names, nil
}

func (p *Pods) ask(ctx context.Context) (names []string, err error) {
	token, err := os.ReadFile(filepath.Join(p.options.Account, "token")) // it is replaced every hour
	if err != nil {
		return nil, err
	}
	address := url.URL{Scheme: "https", Host: p.options.Address, Path: "/api/v1/namespaces/" + p.namespace + "/pods",
		RawQuery: url.Values{"labelSelector": {p.options.Selector}}.Encode()}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	request.Header.Set("Accept", "application/json")
	answer, err := p.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the API answers %s: the service account needs list on pods of namespace %s", answer.Status, p.namespace)
	}
	var list podList
	if err := json.NewDecoder(io.LimitReader(answer.Body, longestAnswer)).Decode(&list); err != nil {
		return nil, fmt.Errorf("the answer is no PodList: %w", err)
	}
	for _, pod := range list.Items {
		if pod.Status.Phase != "Succeeded" && pod.Status.Phase != "Failed" {
			names = append(names, pod.Metadata.Name)
		}
	}
	return names, nil
}
