# libvalidator: RRsets, keys and a time in, a verdict out. The only user of OpenSSL's crypto.
validator_src := \
	validator/algorithm.c \
	validator/canon.c \
	validator/crypto.c \
	validator/denial.c \
	validator/evidence.c \
	validator/key.c \
	validator/nsec.c \
	validator/nsec3.c \
	validator/reason.c \
	validator/revoked.c \
	validator/signature.c \
	validator/validator.c \
	validator/zonemd.c
