// Decodes os.Args[1] into os.Args[2] with klauspost/compress, which is Go throughout.
package main

import (
	"io"
	"log"
	"os"

	"github.com/klauspost/compress/zstd"
)

func main() {
	source, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	target, err := os.Create(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	decoder, err := zstd.NewReader(source)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := io.Copy(target, decoder); err != nil {
		log.Fatal(err)
	}
}
