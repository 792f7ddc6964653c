#include "base/certificate.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

static X509 *read_pem(struct str pem)
{
    if (pem.len == 0 || pem.len > INT_MAX) {
        return NULL;
    }
    BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.len);
    X509 *certificate = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    return certificate;
}

static bool is_valid_at(const X509 *certificate, int64_t now_ms)
{
    time_t now = (time_t)(now_ms / 1000);
    return X509_cmp_time(X509_get0_notBefore(certificate), &now) < 0 &&
           X509_cmp_time(X509_get0_notAfter(certificate), &now) > 0;
}

static bool is_signed(EVP_PKEY *key, struct str text, struct str signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL &&
                EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(context, (const unsigned char *)signature.at, signature.len,
                                 (const unsigned char *)text.at, text.len) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

static int judge(const X509 *certificate, int64_t now_ms, struct str text, struct str signature,
                 struct err_info *info)
{
    EVP_PKEY *key = certificate != NULL ? X509_get0_pubkey(certificate) : NULL;
    if (key == NULL || EVP_PKEY_base_id(key) != EVP_PKEY_RSA) {
        return err_set(info, ERR_INVAL, NULL, "it is no certificate with an RSA key");
    }
    if (!is_valid_at(certificate, now_ms)) {
        return err_set(info, ERR_INVAL, NULL, "the certificate is not valid now");
    }
    if (!is_signed(key, text, signature)) {
        return err_set(info, ERR_DENIED, NULL, "the signature is not one of this text");
    }
    return 0;
}

int certificate_verify(struct str pem, int64_t now_ms, struct str text, struct str signature,
                       struct err_info *info)
{
    X509 *certificate = read_pem(pem);
    int err = judge(certificate, now_ms, text, signature, info);
    X509_free(certificate);
    ERR_clear_error(); /* what went wrong inside is nobody's business */
    return err;
}
