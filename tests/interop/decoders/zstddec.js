// Decodes argv[2] into argv[3] with the WebAssembly decoder of the package zstddec.
const fs = require("fs");
const { ZSTDDecoder } = require("zstddec");
const decoder = new ZSTDDecoder();
decoder.init().then(() => {
  fs.writeFileSync(process.argv[3], decoder.decode(fs.readFileSync(process.argv[2])));
});
