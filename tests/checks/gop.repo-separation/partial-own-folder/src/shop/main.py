from http.server import HTTPServer
if __name__ == "__main__":
    HTTPServer(("", 80), None).serve_forever()
