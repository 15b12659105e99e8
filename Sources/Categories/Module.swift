// Categories
