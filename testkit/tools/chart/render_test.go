package chart

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	sigsyaml "sigs.k8s.io/yaml"
)

const folder = "../../../deploy/helm/smpp-connector"

// rendered is what the chart makes, by kind.
type rendered struct {
	deployments     map[string]*apps.Deployment
	policies        map[string]*networking.NetworkPolicy
	budgets         map[string]*policy.PodDisruptionBudget
	configMaps      map[string]*core.ConfigMap
	services        []*core.Service
	serviceAccounts []*core.ServiceAccount
	serviceMonitors []*monitoring.ServiceMonitor
	rules           []*monitoring.PrometheusRule
	roles           []*rbac.Role
	bindings        []*rbac.RoleBinding
	jobs            []*batch.Job
	gateways        []map[string]any // CiliumEgressGatewayPolicy, EgressIP
}

// render renders the chart with values over its defaults, as `helm install` would:
// the schema first, then the templates.
func render(values string) (*rendered, error) {
	c, err := loader.Load(folder)
	if err != nil {
		return nil, err
	}
	var given map[string]any
	if err := sigsyaml.Unmarshal([]byte(values), &given); err != nil {
		return nil, err
	}
	merged, err := util.ToRenderValues(c, given, common.ReleaseOptions{Name: "sms", Namespace: "messaging", IsInstall: true}, common.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	texts, err := (engine.Engine{}).Render(c, merged)
	if err != nil {
		return nil, err
	}
	r := &rendered{deployments: map[string]*apps.Deployment{}, policies: map[string]*networking.NetworkPolicy{}, budgets: map[string]*policy.PodDisruptionBudget{}, configMaps: map[string]*core.ConfigMap{}}
	for name, text := range texts {
		if path.Ext(name) != ".yaml" {
			continue
		}
		if err := r.decode(text); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", name, err, text)
		}
	}
	return r, nil
}

// must renders values that are good.
func must(t *testing.T, values string) *rendered {
	t.Helper()
	r, err := render(values)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// strict refuses a field that the type does not have, and one that is there twice.
var strict = func() runtime.Decoder {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{apps.AddToScheme, core.AddToScheme, networking.AddToScheme, policy.AddToScheme, rbac.AddToScheme, batch.AddToScheme, monitoring.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
}()

func (r *rendered) decode(text string) error {
	documents := yaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var any map[string]any
		if err := sigsyaml.UnmarshalStrict(document, &any); err != nil {
			return err
		}
		switch {
		case len(any) == 0: // comments alone
			continue
		case any["kind"] == "CiliumEgressGatewayPolicy" || any["kind"] == "EgressIP": // their types are in the modules of whole networks
			r.gateways = append(r.gateways, any)
			continue
		}
		object, _, err := strict.Decode(bytes.TrimSpace(document), nil, nil)
		if err != nil {
			return err
		}
		switch o := object.(type) {
		case *apps.Deployment:
			r.deployments[o.Name] = o
		case *networking.NetworkPolicy:
			r.policies[o.Name] = o
		case *policy.PodDisruptionBudget:
			r.budgets[o.Name] = o
		case *core.ConfigMap:
			r.configMaps[o.Name] = o
		case *core.Service:
			r.services = append(r.services, o)
		case *core.ServiceAccount:
			r.serviceAccounts = append(r.serviceAccounts, o)
		case *rbac.Role:
			r.roles = append(r.roles, o)
		case *rbac.RoleBinding:
			r.bindings = append(r.bindings, o)
		case *batch.Job:
			r.jobs = append(r.jobs, o)
		case *monitoring.ServiceMonitor:
			r.serviceMonitors = append(r.serviceMonitors, o)
		case *monitoring.PrometheusRule:
			r.rules = append(r.rules, o)
		default:
			return fmt.Errorf("a %T: no test looks at it", o)
		}
	}
}
