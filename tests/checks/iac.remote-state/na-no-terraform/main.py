print("no infrastructure here")
