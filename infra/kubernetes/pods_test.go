package kubernetes_test

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/infra/kubernetes"
)

// account is a folder as Kubernetes mounts it, for the API of a test.
func account(t *testing.T, api *httptest.Server) kubernetes.Options {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"token": "secret-token\n", "namespace": "sms",
		"ca.crt": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: api.Certificate().Raw})),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address, err := url.Parse(api.URL)
	if err != nil {
		t.Fatal(err)
	}
	return kubernetes.Options{Selector: "app=smpp-connector,mno=awcc", Address: address.Host, Account: dir}
}

// US-SC-020: the Deployment's pods, those that have not ended.
func TestUSSC020ListsThePods(t *testing.T) {
	var asked *http.Request
	api := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r
		_, _ = w.Write([]byte(`{"kind":"PodList","items":[{"metadata":{"name":"a-1"},"status":{"phase":"Running"}},
			{"metadata":{"name":"a-2"},"status":{"phase":"Pending"}},{"metadata":{"name":"a-0"},"status":{"phase":"Failed"}}]}`))
	}))
	defer api.Close()
	pods, err := kubernetes.Open(account(t, api))
	if err != nil {
		t.Fatal(err)
	}
	names, err := pods.Running(t.Context())
	if err != nil || !slices.Equal(names, []string{"a-1", "a-2"}) {
		t.Errorf("%q, %v", names, err)
	}
	if asked.URL.Path != "/api/v1/namespaces/sms/pods" || asked.URL.Query().Get("labelSelector") != "app=smpp-connector,mno=awcc" || asked.Header.Get("Authorization") != "Bearer secret-token" {
		t.Errorf("asked %s with %q", asked.URL, asked.Header)
	}
}

// What is missing, or refused, is said, and no error holds the token.
func TestErrorsSayWhatIsMissing(t *testing.T) {
	api := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer api.Close()
	options := account(t, api)
	pods, err := kubernetes.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = pods.Running(t.Context()); err == nil || !strings.Contains(err.Error(), "list on pods of namespace sms") || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
	if err := os.Remove(filepath.Join(options.Account, "namespace")); err != nil {
		t.Fatal(err)
	}
	if _, err = kubernetes.Open(options); err == nil || !strings.Contains(err.Error(), "automountServiceAccountToken") {
		t.Errorf("%v", err)
	}
}
