// Package control says what people may command a running connector, and what
// follows for its binds (issue 7, point 5): pause and resume a bind, bind it anew,
// move it to another pod, take an MNO out for its maintenance. It sends nothing
// and stores nothing.
//
// A command goes to every pod. Those that serve what it is about carry it out and
// say so; the others say that they do not know it. What is to hold until something
// else is ordered (a pause, a maintenance) is a port.Order, which outlives the pod.
package control
