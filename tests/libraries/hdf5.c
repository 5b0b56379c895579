#include <hdf5.h>

int check(void)
{
    int values[100], back[100];
    hsize_t size = 100;
    for (int i = 0; i < 100; i++) values[i] = i;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_fapl_core(access, 1 << 16, 0);
    if (H5Pset_chunk(creation, 1, &size) < 0 || H5Pset_deflate(creation, 6) < 0) return 1;
    hid_t file = H5Fcreate("check.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access), space = H5Screate_simple(1, &size, NULL);
    hid_t data = H5Dcreate2(file, "d", H5T_NATIVE_INT, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (H5Dwrite(data, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) return 2;
    if (H5Dread(data, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, back) < 0) return 3;
    H5Dclose(data);
    H5Fclose(file);
    return back[42] != 42;
}
