// Books
