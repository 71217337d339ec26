// Package scripts holds the tests of deploy/scripts: they run as they are, with a
// provider, a kubectl and a gcloud that are ours and write down what they are asked.
package scripts
