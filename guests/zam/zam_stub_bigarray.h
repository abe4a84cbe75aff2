#include "zam_stub_api.h"
enum { ZAM_BA_KINDS = 13, ZAM_BA_KIND = 0xff };
struct zam_ba {
  void *data;
  intptr_t dim_count, flags;
  void *proxy;
  intptr_t dims[];
};
extern const int caml_ba_element_size[ZAM_BA_KINDS];
uintptr_t caml_ba_num_elts(const struct zam_ba *array);
uintptr_t caml_ba_byte_size(const struct zam_ba *array);
int caml_ba_compare(void);
int caml_ba_hash(void);
int caml_ba_serialize(void);
int caml_ba_deserialize(void);
