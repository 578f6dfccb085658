#include "registry/tensor.h"

#include <math.h>

#include "base/num.h"

enum { TENSOR_ALIGNMENT = 64 };

bool tensor_count(const int64_t *shape, unsigned rank, size_t *count)
{
    size_t total = 1;
    for (unsigned i = 0; i < rank; i++)
        if (shape[i] < 0 || !num_mul(total, (size_t)shape[i], &total))
            return false;
    *count = total;
    return true;
}

static size_t element_bytes(enum datatype d)
{
    return d == DATATYPE_BYTES ? sizeof(struct str) : datatype_bytes(d);
}

enum err tensor_alloc(struct tensor *t, struct arena *a, size_t bytes_max, struct err_ctx *e)
{
    size_t bytes;
    assert(t->rank <= TENSOR_RANK_MAX);
    if (!tensor_count(t->shape, t->rank, &t->count) ||
        !num_mul(t->count, element_bytes(t->datatype), &bytes) || bytes > bytes_max)
        return err_set(e, ERR_TOO_LARGE, "a tensor of this shape has more than %zu bytes",
                       bytes_max);
    t->data = arena_alloc_aligned(a, bytes, TENSOR_ALIGNMENT);
    return ERR_OK;
}

size_t tensor_bytes(const struct tensor *t)
{
    if (t->datatype != DATATYPE_BYTES)
        return t->count * datatype_bytes(t->datatype);
    size_t total = t->count * 4;
    const struct str *texts = t->data;
    for (size_t i = 0; i < t->count; i++)
        total += texts[i].n;
    return total;
}

/* IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction. */
float fp16_to_f32(uint16_t half)
{
    int exponent = half >> 10 & 0x1f;
    int fraction = half & 0x3ff;
    float magnitude;
    if (exponent == 0x1f)
        magnitude = fraction ? NAN : INFINITY;
    else if (exponent == 0)
        magnitude = ldexpf((float)fraction, -24);
    else
        magnitude = ldexpf((float)(fraction | 0x400), exponent - 25);
    return half & 0x8000 ? -magnitude : magnitude;
}

uint16_t fp16_from_f32(float value)
{
    uint16_t sign = signbit(value) ? 0x8000 : 0;
    float magnitude = fabsf(value);
    if (isnan(value))
        return 0x7e00;
    if (magnitude >= 65520.0f)
        return sign | 0x7c00;
    if (magnitude < 6.103515625e-05f)
        return (uint16_t)(sign | (uint16_t)nearbyintf(ldexpf(magnitude, 24)));
    int exponent;
    float fraction = frexpf(magnitude, &exponent); /* in [0.5, 1) */
    unsigned scaled = (unsigned)nearbyintf(ldexpf(fraction, 11));
    /* A fraction that rounds up to 2048 carries into the exponent by itself. */
    return (uint16_t)(sign + (((unsigned)(exponent + 14) << 10) + (scaled - 1024)));
}

static float bf16_to_f32(uint16_t brain)
{
    uint32_t bits = (uint32_t)brain << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint16_t bf16_from_f32(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (isnan(value))
        return 0x7fc0;
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

double tensor_f64(const struct tensor *t, size_t index)
{
    assert(index < t->count);
    switch (t->datatype) {
    case DATATYPE_BOOL:
    case DATATYPE_UINT8:
        return ((const uint8_t *)t->data)[index];
    case DATATYPE_UINT16:
        return ((const uint16_t *)t->data)[index];
    case DATATYPE_UINT32:
        return ((const uint32_t *)t->data)[index];
    case DATATYPE_UINT64:
        return (double)((const uint64_t *)t->data)[index];
    case DATATYPE_INT8:
        return ((const int8_t *)t->data)[index];
    case DATATYPE_INT16:
        return ((const int16_t *)t->data)[index];
    case DATATYPE_INT32:
        return ((const int32_t *)t->data)[index];
    case DATATYPE_INT64:
        return (double)((const int64_t *)t->data)[index];
    case DATATYPE_FP16:
        return (double)fp16_to_f32(((const uint16_t *)t->data)[index]);
    case DATATYPE_BF16:
        return (double)bf16_to_f32(((const uint16_t *)t->data)[index]);
    case DATATYPE_FP32:
        return (double)((const float *)t->data)[index];
    case DATATYPE_FP64:
        return ((const double *)t->data)[index];
    case DATATYPE_BYTES:
    case DATATYPE_NONE:
    case DATATYPE_COUNT:
        break;
    }
    return 0;
}

/* Whole numbers a type can hold: [min, max]; both ends are exact doubles or one below. */
static const struct {
    double min, max;
} ranges[DATATYPE_COUNT] = {
    [DATATYPE_BOOL] = {0, 1},
    [DATATYPE_UINT8] = {0, UINT8_MAX},
    [DATATYPE_UINT16] = {0, UINT16_MAX},
    [DATATYPE_UINT32] = {0, UINT32_MAX},
    [DATATYPE_UINT64] = {0, 18446744073709549568.0},
    [DATATYPE_INT8] = {INT8_MIN, INT8_MAX},
    [DATATYPE_INT16] = {INT16_MIN, INT16_MAX},
    [DATATYPE_INT32] = {INT32_MIN, INT32_MAX},
    [DATATYPE_INT64] = {-9223372036854775808.0, 9223372036854774784.0},
};

static bool set_whole(struct tensor *t, size_t i, double value)
{
    if (!(value >= ranges[t->datatype].min && value <= ranges[t->datatype].max) ||
        value != floor(value))
        return false;
    uint64_t bits = value < 0 ? (uint64_t)(int64_t)value : (uint64_t)value;
    size_t width = datatype_bytes(t->datatype);
    memcpy((char *)t->data + i * width, &bits, width); /* little-endian: the low bytes come first */
    return true;
}

bool tensor_set_f64(struct tensor *t, size_t index, double value)
{
    assert(index < t->count);
    switch (t->datatype) {
    case DATATYPE_FP64:
        ((double *)t->data)[index] = value;
        return true;
    case DATATYPE_FP32:
        ((float *)t->data)[index] = (float)value;
        return isfinite((float)value) || !isfinite(value);
    case DATATYPE_FP16:
        ((uint16_t *)t->data)[index] = fp16_from_f32((float)value);
        return fabs(value) < 65520 || !isfinite(value);
    case DATATYPE_BF16:
        ((uint16_t *)t->data)[index] = bf16_from_f32((float)value);
        return isfinite(tensor_f64(t, index)) || !isfinite(value);
    case DATATYPE_BYTES:
    case DATATYPE_NONE:
        return false;
    default:
        return set_whole(t, index, value);
    }
}

bool tensor_set_digits(struct tensor *t, size_t index, struct str digits)
{
    static const double exact_max = 9007199254740991.0; /* above, doubles skip whole numbers */
    int64_t whole;
    uint64_t large;
    double number;
    assert(index < t->count);
    if (t->datatype == DATATYPE_INT64 && num_parse_i64(digits, INT64_MIN, INT64_MAX, &whole)) {
        ((int64_t *)t->data)[index] = whole;
        return true;
    }
    if (t->datatype == DATATYPE_UINT64 && num_parse_u64(digits, UINT64_MAX, &large)) {
        ((uint64_t *)t->data)[index] = large;
        return true;
    }
    return num_parse_f64(digits, &number) &&
           (!datatype_is_integer(t->datatype) || fabs(number) <= exact_max) &&
           tensor_set_f64(t, index, number);
}
