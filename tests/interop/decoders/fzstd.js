// Decodes argv[2] into argv[3] with the pure JavaScript decoder of the package fzstd.
const fs = require("fs");
const { decompress } = require("fzstd");
fs.writeFileSync(process.argv[3], decompress(fs.readFileSync(process.argv[2])));
