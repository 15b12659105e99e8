#pragma once
#include <zlib.h>

/* deflateInit2 is a macro, which Swift does not import; 16 + 15 asks for a gzip header. */
static inline int purser_deflate_init_gzip(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY);
}
