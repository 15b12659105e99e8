#pragma once
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

// Macros and variadic functions that Swift does not import.

static inline EVP_PKEY *shim_rsa_generate(unsigned int bits) { return EVP_RSA_gen(bits); }

static inline long shim_bio_memory(BIO *bio, const char **data) { return BIO_get_mem_data(bio, (char **)data); }

/// PKCS#8, unencrypted: the file's mode and its directory protect it.
static inline int shim_pem_write_private(BIO *bio, EVP_PKEY *key) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
}

/// The empty pass phrase keeps OpenSSL from asking for one at the terminal.
static inline EVP_PKEY *shim_pem_read_private(const void *bytes, int count) {
    BIO *bio = BIO_new_mem_buf(bytes, count);
    if (bio == NULL) return NULL;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");
    BIO_free(bio);
    return key;
}

static inline EVP_PKEY *shim_rsa_public(const unsigned char *n, int n_count, const unsigned char *e, int e_count) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = NULL;
    OSSL_PARAM *parameters = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *modulus = BN_bin2bn(n, n_count, NULL);
    BIGNUM *exponent = BN_bin2bn(e, e_count, NULL);
    if (builder != NULL && modulus != NULL && exponent != NULL
        && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus)
        && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent)
        && (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL
        && (context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL)) != NULL
        && EVP_PKEY_fromdata_init(context) == 1) {
        if (EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(modulus);
    BN_free(exponent);
    return key;
}

/// Ready to verify RSASSA-PKCS1-v1_5 signatures over digests of that kind; each verification duplicates it. To make one
/// looks four algorithms up by their names, which takes OpenSSL 3.0 longer than the verification itself.
static inline EVP_PKEY_CTX *shim_rsa_verifier(EVP_PKEY *key, const EVP_MD *digest) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (context != NULL && EVP_PKEY_verify_init(context) == 1
        && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
        && EVP_PKEY_CTX_set_signature_md(context, digest) == 1) return context;
    EVP_PKEY_CTX_free(context);
    return NULL;
}

/// Big-endian bytes of one number of an RSA key ("n" or "e"); the length, or 0 when it does not fit.
static inline int shim_rsa_number(const EVP_PKEY *key, const char *name, unsigned char *out, int capacity) {
    BIGNUM *number = NULL;
    if (EVP_PKEY_get_bn_param(key, name, &number) != 1) return 0;
    int count = BN_num_bytes(number);
    if (count <= capacity) BN_bn2bin(number, out); else count = 0;
    BN_free(number);
    return count;
}

static inline int shim_is_rsa(const EVP_PKEY *key) { return EVP_PKEY_is_a(key, "RSA"); }
