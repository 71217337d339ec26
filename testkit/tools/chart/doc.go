// Package chart holds the tests of deploy/helm/smpp-connector: rendered with Helm's
// own library, decoded strictly with Kubernetes' own types, and then asked what no
// schema says (selectors that fit, ports that are the MNO's, a grace period above the
// drain). It is in this module because Helm and its dependencies are.
package chart
