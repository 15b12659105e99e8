// What Images needs of libvips. Its calls take options by name after a NULL-terminated list, which Swift cannot call.
#ifndef PURSER_CVIPS_H
#define PURSER_CVIPS_H

#include <stddef.h>

enum purser_picture_kind { PURSER_PICTURE_JPEG = 1, PURSER_PICTURE_PNG = 2, PURSER_PICTURE_WEBP = 3 };

enum purser_picture_result {
    PURSER_PICTURE_DONE = 0,
    PURSER_PICTURE_DAMAGED = 1,
    PURSER_PICTURE_TOO_LARGE = 2,
    PURSER_PICTURE_TOO_SLOW = 3
};

#include <vips/vips.h>

// A damaged picture may be worth a thousand lines of it.
static inline void purser_vips_be_silent(
    const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer data
) {
    (void)domain; (void)level; (void)message; (void)data;
}

static inline int purser_vips_start(void) {
    if (vips_init("purser") != 0) return -1;
    g_log_set_handler("VIPS", G_LOG_LEVEL_MASK, purser_vips_be_silent, NULL);
    vips_block_untrusted_set(TRUE);
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    return 0;
}

struct purser_deadline { gint64 at; int passed; };

static inline void purser_vips_watch(VipsImage *image, VipsProgress *progress, struct purser_deadline *deadline) {
    (void)progress;
    if (g_get_monotonic_time() > deadline->at) {
        deadline->passed = 1;
        vips_image_set_kill(image, TRUE);
    }
}

// The sizes that a picture's header names, before anything is unpacked. What has to be unpacked as a whole, as the rows of
// its file are in no order, may have fewer pixels than what comes row by row.
static inline int purser_vips_check(
    const void *data, size_t length, int kind, int max_side, long long max_pixels, long long max_whole_pixels,
    int *shorter_side
) {
    VipsImage *in = NULL;
    long long pixels;
    int failed, whole, result = PURSER_PICTURE_DAMAGED;
    switch (kind) {
    case PURSER_PICTURE_JPEG: failed = vips_jpegload_buffer((void *)data, length, &in, NULL); break;
    case PURSER_PICTURE_PNG: failed = vips_pngload_buffer((void *)data, length, &in, NULL); break;
    default: failed = vips_webpload_buffer((void *)data, length, &in, NULL);
    }
    if (failed || !in) goto end;
    whole = kind == PURSER_PICTURE_WEBP || vips_image_get_typeof(in, "interlaced") != 0;
    pixels = (long long)in->Xsize * in->Ysize;
    *shorter_side = in->Xsize < in->Ysize ? in->Xsize : in->Ysize;
    result = in->Xsize > max_side || in->Ysize > max_side || pixels > (whole ? max_whole_pixels : max_pixels)
        ? PURSER_PICTURE_TOO_LARGE : PURSER_PICTURE_DONE;
end:
    if (in) g_object_unref(in);
    vips_error_clear();
    return result;
}

// A square WebP of the middle of a picture, upright, without what the camera wrote into it. The bytes in *out are
// g_malloc'ed. A JPEG can be read at a half, a quarter or an eighth of its size, which is as much faster: shrink.
static inline int purser_vips_square(
    const void *data, size_t length, int kind, int shrink, int side, long long microseconds, void **out,
    size_t *out_length
) {
    VipsImage *in = NULL, *small = NULL;
    struct purser_deadline deadline = { g_get_monotonic_time() + microseconds, 0 };
    int failed, result = PURSER_PICTURE_DAMAGED;
    *out = NULL;
    *out_length = 0;
    // From the first row to the last, so that nearly nothing of it is kept.
    switch (kind) {
    case PURSER_PICTURE_JPEG:
        failed = vips_jpegload_buffer(
            (void *)data, length, &in, "shrink", shrink, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
            VIPS_FAIL_ON_TRUNCATED, NULL);
        break;
    case PURSER_PICTURE_PNG:
        failed = vips_pngload_buffer(
            (void *)data, length, &in, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_TRUNCATED, NULL);
        break;
    default:
        failed = vips_webpload_buffer(
            (void *)data, length, &in, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_TRUNCATED, NULL);
    }
    if (failed || !in) goto end;
    vips_image_set_progress(in, TRUE);
    g_signal_connect(in, "eval", G_CALLBACK(purser_vips_watch), &deadline);
    if (vips_thumbnail_image(
            in, &small, side, "height", side, "crop", VIPS_INTERESTING_CENTRE, "size", VIPS_SIZE_BOTH, NULL))
        goto end;
    if (vips_webpsave_buffer(small, out, out_length, "Q", 82, "strip", TRUE, NULL)) goto end;
    result = PURSER_PICTURE_DONE;
end:
    if (result == PURSER_PICTURE_DAMAGED && deadline.passed) result = PURSER_PICTURE_TOO_SLOW;
    if (small) g_object_unref(small);
    if (in) g_object_unref(in);
    vips_error_clear();
    vips_thread_shutdown();
    return result;
}

static inline void purser_vips_free(void *bytes) { g_free(bytes); }

#endif
