/* Numbers as text. The expected texts are what `String(n)` gives in a JavaScript engine. */
#include <math.h>

#include "base/num.h"
#include "unit.h"

static const struct {
    double value;
    const char *text;
} numbers[] = {
    {-0.0, "0"},
    {-0.000001, "-0.000001"},
    {-1.0, "-1"},
    {-1.5e-7, "-1.5e-7"},
    {-19.99, "-19.99"},
    {-9007199254740992.0, "-9007199254740992"},
    {0.0, "0"},
    {0.000001, "0.000001"},
    {0.0000012, "0.0000012"},
    {0.1, "0.1"},
    {0.3, "0.3"},
    {0.30000000000000004, "0.30000000000000004"},
    {0.3333333333333333, "0.3333333333333333"},
    {1.0, "1"},
    {1.0000000000000002, "1.0000000000000002"},
    {1.23e-18, "1.23e-18"},
    {1.2e+21, "1.2e+21"},
    {1.5e-7, "1.5e-7"},
    {1.7976931348623157e+308, "1.7976931348623157e+308"},
    {100.0, "100"},
    {1000000000000000.0, "1000000000000000"},
    {10000000000000000.0, "10000000000000000"},
    {100000000000000000000.0, "100000000000000000000"},
    {12345.678, "12345.678"},
    {123456789.125, "123456789.125"},
    {123456789012345680000.0, "123456789012345680000"},
    {18446744073709552000.0, "18446744073709552000"},
    {19.99, "19.99"},
    {1e+21, "1e+21"},
    {1e+22, "1e+22"},
    {1e+23, "1e+23"},
    {1e+300, "1e+300"},
    {1e-7, "1e-7"},
    {2.2250738585072014e-308, "2.2250738585072014e-308"},
    {2.225073858507201e-308, "2.225073858507201e-308"},
    {3.5844466002796428e+298, "3.5844466002796428e+298"},
    {4.5, "4.5"},
    {4294967295.5, "4294967295.5"},
    {5.0, "5"},
    {5.684341886080802e-14, "5.684341886080802e-14"},
    {5e-323, "5e-323"},
    {5e-324, "5e-324"},
    {72057594037927940.0, "72057594037927940"},
    {9.5367431640625e-7, "9.5367431640625e-7"},
    {9007199254740991.0, "9007199254740991"},
    {9007199254740992.0, "9007199254740992"},
    {999999999999999900000.0, "999999999999999900000"},
};

START_TEST(writes_as_ecmascript_does)
{
    char text[32];
    size_t len = num_format(numbers[_i].value, text);
    ck_assert_str_eq(text, numbers[_i].text);
    ck_assert_uint_eq(len, strlen(text));
}
END_TEST

static double from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Random doubles, and both sides of every power of two, where the spacing changes. */
START_TEST(what_is_written_reads_back)
{
    uint64_t state = 1;
    for (int i = 0; i < 200000; i++) {
        char text[32];
        double again;
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t bits = i < 4094 ? ((uint64_t)(i / 2 + 1) << 52) - (uint64_t)(i % 2) : state;
        double value = from_bits(bits);
        if (!isfinite(value))
            continue;
        size_t len = num_format(value, text);
        ck_assert_uint_lt(len, sizeof text);
        ck_assert_msg(num_parse((struct str){text, len}, &again) && again == value, "%a as %s",
                      value, text);
    }
}
END_TEST

static const struct {
    const char *text;
    bool is;
    double value;
} tokens[] = {
    {"0", true, 0},
    {"-0", true, 0},
    {"12", true, 12},
    {"-12.50", true, -12.5},
    {"1e3", true, 1000},
    {"1E+3", true, 1000},
    {"1e-3", true, 0.001},
    {"0.5e1", true, 5},
    {"0e99999", true, 0},
    {"1e-400", true, 0},
    {"1.7976931348623157e308", true, 1.7976931348623157e308},
    {"9007199254740993", true, 9007199254740992.0},
    {"1e400", false, 0},
    {"-1e400", false, 0},
    {"1.8e308", false, 0},
    {"", false, 0},
    {"-", false, 0},
    {"+1", false, 0},
    {"01", false, 0},
    {"-01", false, 0},
    {"00", false, 0},
    {"1.", false, 0},
    {".5", false, 0},
    {"-.5", false, 0},
    {"1e", false, 0},
    {"1e+", false, 0},
    {"1.e1", false, 0},
    {" 1", false, 0},
    {"1 ", false, 0},
    {"1x", false, 0},
    {"0x10", false, 0},
    {"inf", false, 0},
    {"-inf", false, 0},
    {"nan", false, 0},
    {"Infinity", false, 0},
    {"1,5", false, 0},
    {"1e1.5", false, 0},
    {"--1", false, 0},
};

START_TEST(reads_json_numbers_only)
{
    double value = -77;
    bool is = num_parse(str_from(tokens[_i].text), &value);
    ck_assert_msg(is == tokens[_i].is, "\"%s\"", tokens[_i].text);
    ck_assert(value == (is ? tokens[_i].value : -77));
}
END_TEST

START_TEST(reads_up_to_its_length_and_no_nul)
{
    double value;
    char digits[NUM_TEXT_BYTES + 1];
    ck_assert(num_parse((struct str){"123", 2}, &value) && value == 12);
    ck_assert(!num_parse((struct str){"12\0003", 4}, &value));
    ck_assert(!num_parse((struct str){0}, &value));
    memset(digits, '0', sizeof digits);
    digits[1] = '.';
    ck_assert(num_parse((struct str){digits, NUM_TEXT_BYTES}, &value) && value == 0);
    ck_assert(!num_parse((struct str){digits, NUM_TEXT_BYTES + 1}, &value));
}
END_TEST

START_TEST(reads_whole_numbers)
{
    uint64_t value = 77;
    ck_assert(num_parse_u64(STR("0"), 0, &value) && value == 0);
    ck_assert(num_parse_u64(STR("007"), 10, &value) && value == 7);
    ck_assert(num_parse_u64(STR("10"), 10, &value) && value == 10);
    ck_assert(num_parse_u64(STR("18446744073709551615"), UINT64_MAX, &value));
    ck_assert(value == UINT64_MAX);
    value = 77;
    static const char *const refused[] = {"",    "+1", "-1",  " 1",   "1 ", "1.0", "a",
                                          "0x1", "11", "101", "9999", "20", "1a"};
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        ck_assert_msg(!num_parse_u64(str_from(refused[i]), 10, &value), "\"%s\"", refused[i]);
    ck_assert(!num_parse_u64(STR("18446744073709551616"), UINT64_MAX, &value));
    ck_assert(!num_parse_u64(STR("99999999999999999999"), UINT64_MAX, &value));
    ck_assert(!num_parse_u64(STR("1"), 0, &value));
    ck_assert(value == 77);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {writes_as_ecmascript_does, ARRAY_LEN(numbers)},
        {what_is_written_reads_back, 0},
        {reads_json_numbers_only, ARRAY_LEN(tokens)},
        {reads_up_to_its_length_and_no_nul, 0},
        {reads_whole_numbers, 0},
    };
    return UNIT_RUN("num", cases);
}
