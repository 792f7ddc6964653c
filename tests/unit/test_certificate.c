/* Signatures under a published certificate: those of its key and its text, while it is valid. */
#include "base/base64.h"
#include "base/certificate.h"
#include "base/timeutil.h"
#include "unit.h"

/* Made for this test; valid from 2026-01-01 to 2027-01-01. The second has an elliptic key. */
static const char rsa_pem[] = "-----BEGIN CERTIFICATE-----\n"
                              "MIICsTCCAZmgAwIBAgIBATANBgkqhkiG9w0BAQsFADAcMRowGAYDVQQDDBFzbnMu\n"
                              "YW1hem9uYXdzLmNvbTAeFw0yNjAxMDEwMDAwMDBaFw0yNzAxMDEwMDAwMDBaMBwx\n"
                              "GjAYBgNVBAMMEXNucy5hbWF6b25hd3MuY29tMIIBIjANBgkqhkiG9w0BAQEFAAOC\n"
                              "AQ8AMIIBCgKCAQEAwuPoyb+2SRaBLmw8tb5tNKVz+ct141I9KDl6GpkyDV7eKTlO\n"
                              "+GATr3og4FOgjKCG25BfCV03r1YGkEYYVUBooNyDxsmUXwZhgh07hXHGmCNQ01YY\n"
                              "1JWAfl08fSxzuzn42tuQ+Wie4Ai11FJEj7goMOkLlkxpeuB2QuPkBE1CdlqRbeUp\n"
                              "CDe0/UqYl351CqgBcMIt+dgwnOTHgzoVX2/laKLshNzQKAkP/fMWopLR1B8HZHzn\n"
                              "f97kdqaXD1auyNQRd9/t7cu228UHwy2WxzHXYwz0cv1KktAEio2Q6HOb4Vt7suaP\n"
                              "83MCQ9RTA7uGMn96ucyDm09YM3lhcO058Lx9lwIDAQABMA0GCSqGSIb3DQEBCwUA\n"
                              "A4IBAQCwBFtFrZqo8I863phXEVpZS/tex/ksu0In0An+OcDTwuYbHPKfovK1BsNE\n"
                              "yD68xEkBKOcmfM62Z9wIoKuxl97xR0yXvFhgaSHqGpIUX8GPeFYgSDYNqRT8ZnNS\n"
                              "JOWoDwKJIXT8IJCf9lQApQ/LSrRXshbrTPKK+vl7qZitTT/jwodMrI8YQCliKD9A\n"
                              "zcDlEVUJRnIcIZmrIRpuyUMgONYICog38O2iORqTXiEGhLuS95oyxLYXhY1vaKSA\n"
                              "PPtSh3ICOq+UzSkekSprIhq32gc7jXGYml+EpCzPX9JQ1OeZipGNuW3L50cbhEvo\n"
                              "DAWf0JS3qF0hPQnQLFPFZNYHBnY+\n"
                              "-----END CERTIFICATE-----\n";
static const char ec_pem[] = "-----BEGIN CERTIFICATE-----\n"
                             "MIIBIzCBy6ADAgECAgEBMAoGCCqGSM49BAMCMBwxGjAYBgNVBAMMEXNucy5hbWF6\n"
                             "b25hd3MuY29tMB4XDTI2MDEwMTAwMDAwMFoXDTI3MDEwMTAwMDAwMFowHDEaMBgG\n"
                             "A1UEAwwRc25zLmFtYXpvbmF3cy5jb20wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n"
                             "AARflWQuvUfe5sr04n9IXOZOiqXddAlI4fTcpxedvJfNXlupzccQumU255hJSCgp\n"
                             "Sxy1Gsi8NuEuuBDZW2OvLt+YMAoGCCqGSM49BAMCA0cAMEQCIG0J5xUOf7H30rIj\n"
                             "cx3i/GSCpfcnFu5nBu4wxe6a9NlJAiA7sczcybiiWe2iS0qd2ZxxrzGx1LZSbW+e\n"
                             "h+MhrVgV6Q==\n"
                             "-----END CERTIFICATE-----\n";

/* Of `text` by the RSA key, with SHA-256 and with SHA-1. */
static const char text[] = "Message\nhello\n";
static const char signature[] =
    "PlHDIemxPgJ4830nyanN9zf5VgASq24Lw6SWb0QXqn18/GatsgVl4r7UA+NgxVN3I0zr0IPCl5cY"
    "f4QEpcPnRtZI2l4Kk6MM4VoxxO7ZXFnc7CbUYCfDGXhv8yO6L2swEaHnC0EsuihnwdmWQt+C1tNw"
    "Lqej9RpoENr8b/NkDCiPR6R3CxJBhzPODwmOHj8tRK+VGKmLzTd+NGu/azAJRO8GHMcAJVwKhAPL"
    "0P+REbNYj1C1Xh/DBKsfN3qTxv2QjHEn3yW0GRg8bNqEriSWNI/vglaQl4BBfbyxI2CxSZEUG4fy"
    "vQ8IGFrdjF0XCNA15UGmT3ofsOLoUf43gk0Phw==";
static const char sha1_signature[] =
    "GmyeO4YmSWXCp0U8ZgpRKsXaHq1dW3oK+0ObSySnK6XzKCvnK3FOs/jJXou0ODWCn/GitvPDF3cX"
    "RC1EOL1BeNZ1mqz+cz66CwrMVIln3IC1Ri+C2Jc5CHCBvvnAd7Iv5L3nxK8L1PsL5a/e29RhKMiU"
    "u+4wOe6reGJ/ne+0bZPi8oOBfJD20SePG2Q9/jWW3lobET9AkgHV88uKejHnxwnIZ7oUGtBLP/k0"
    "wYGMirhM4URdP6m4scijMW+278B82fRPdhD/RXKx0VCa2j/vzxGROzf1fFECjB/HKhFpYdNucZnn"
    "8TwfQLeCInXsIiz0+E+xi+6DXQnyLXQwbTGBHQ==";

#define DURING "2026-06-01T00:00:00Z"

static int verify(const char *pem, const char *at, const char *of, const char *signed_with)
{
    struct err_info info = {.message = ""};
    struct str bytes;
    int64_t now_ms = 0;
    ck_assert_int_eq(timeutil_parse(str_from(at), &now_ms), TIMEUTIL_INSTANT);
    ck_assert(base64_decode(unit_arena, str_from(signed_with), &bytes));
    return certificate_verify(str_from(pem), now_ms, str_from(of), bytes, &info);
}

START_TEST(takes_its_own)
{
    ck_assert_int_eq(verify(rsa_pem, DURING, text, signature), 0);
    ck_assert_int_eq(verify(rsa_pem, "2026-01-01T00:00:01Z", text, signature), 0);
}
END_TEST

START_TEST(refuses_others)
{
    ck_assert_int_eq(verify(rsa_pem, DURING, "Message\nhallo\n", signature), ERR_DENIED);
    ck_assert_int_eq(verify(rsa_pem, DURING, "", signature), ERR_DENIED);
    ck_assert_int_eq(verify(rsa_pem, DURING, text, "AAAA"), ERR_DENIED);
    ck_assert_int_eq(verify(rsa_pem, DURING, text, ""), ERR_DENIED);
    ck_assert_int_eq(verify(rsa_pem, DURING, text, sha1_signature), ERR_DENIED);
}
END_TEST

START_TEST(refuses_certificates)
{
    ck_assert_int_eq(verify(rsa_pem, "2025-12-31T23:59:59Z", text, signature), ERR_INVAL);
    ck_assert_int_eq(verify(rsa_pem, "2027-01-01T00:00:01Z", text, signature), ERR_INVAL);
    ck_assert_int_eq(verify(ec_pem, DURING, text, signature), ERR_INVAL);
    ck_assert_int_eq(verify("", DURING, text, signature), ERR_INVAL);
    ck_assert_int_eq(verify("<html>", DURING, text, signature), ERR_INVAL);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {takes_its_own, 0},
        {refuses_others, 0},
        {refuses_certificates, 0},
    };
    return UNIT_RUN("certificate", cases);
}
