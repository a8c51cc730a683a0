# libvalidator: RRsets, keys and a time in, a verdict out. The only user of OpenSSL's crypto.
validator_src :=
