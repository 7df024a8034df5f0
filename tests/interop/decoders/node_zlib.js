// Decodes argv[2] into argv[3] as a stream with Node's own zlib.
const fs = require("fs");
const zlib = require("zlib");
const { pipeline } = require("stream");
pipeline(
  fs.createReadStream(process.argv[2]),
  zlib.createZstdDecompress(),
  fs.createWriteStream(process.argv[3]),
  (error) => {
    if (error) {
      console.error(error.message);
      process.exit(1);
    }
  },
);
