// serve.go - Go's own FastCGI server, on descriptor 0.
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/fcgi"
	"os"
)

func main() {
	err := fcgi.Serve(nil, http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Content-Type", "text/plain")
			fmt.Fprintf(w, "%d %s %d\n", os.Getpid(),
				r.URL.RawQuery, len(body))
		}))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
