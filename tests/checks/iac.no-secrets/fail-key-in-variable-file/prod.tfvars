db_password = "kX9!vB2mQz"
