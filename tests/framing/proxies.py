"""haproxy, nginx and squid of the machine as reverse proxies on loopback, each with one kept connection to the server,
so that whatever one client leaves behind on it meets the next."""
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

HAPROXY = """
global
  maxconn 200
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
  option http-keep-alive
  http-reuse always
  retries 0
frontend front
  bind 127.0.0.1:{port}
  default_backend back
backend back
  server one 127.0.0.1:{server} maxconn 1
"""

NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 200; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream back {{ server 127.0.0.1:{server}; keepalive 1; }}
  server {{
    listen 127.0.0.1:{port};
    ignore_invalid_headers off;
    underscores_in_headers on;
    location / {{
      proxy_pass http://back;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_request_buffering off;
      proxy_next_upstream off;
    }}
  }}
}}
"""

SQUID = """
http_port 127.0.0.1:{port} accel defaultsite=127.0.0.1:{server} no-vhost
cache_peer 127.0.0.1 parent {server} 0 no-query no-digest originserver name=back connect-timeout=5
acl everyone src all
http_access allow everyone
cache_peer_access back allow everyone
never_direct allow everyone
cache deny all
server_persistent_connections on
client_persistent_connections on
pipeline_prefetch 0
shutdown_lifetime 0 seconds
pid_filename none
access_log none
cache_log {folder}/squid.log
coredump_dir {folder}
netdb_filename none
icon_directory {folder}
visible_hostname localhost
{user}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(name: str) -> str | None:
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


class Proxy:
    """One of `haproxy`, `nginx`, `squid` in front of the server on port `server`. A context manager."""

    def __init__(self, name: str, server: int):
        self.name = name
        self.port = free_port()
        self.folder = tempfile.TemporaryDirectory(prefix=f"tenon-{name}-")
        os.chmod(self.folder.name, 0o777)
        text = {"haproxy": HAPROXY, "nginx": NGINX, "squid": SQUID}[name].format(
            port=self.port, server=server, folder=self.folder.name,
            user="cache_effective_user proxy" if os.geteuid() == 0 else "")
        file = pathlib.Path(self.folder.name) / "conf"
        file.write_text(text)
        binary = program(name)
        self.command = {"haproxy": [binary, "-db", "-f", str(file)],
                        "nginx": [binary, "-p", self.folder.name, "-e", self.folder.name + "/start.log", "-c", str(file)],
                        "squid": [binary, "-N", "-n", f"tenon{self.port}", "-f", str(file)]}[name]
        self.process = None

    def __enter__(self) -> "Proxy":
        self.output = open(self.folder.name + "/output", "wb")  # noqa: SIM115
        self.process = subprocess.Popen(self.command, stdout=self.output, stderr=subprocess.STDOUT)
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} does not start: {self.errors()}")

    def errors(self) -> str:
        self.output.flush()
        return "\n".join(file.read_text(errors="replace")[-2000:] for file in pathlib.Path(self.folder.name).iterdir()
                         if file.is_file() and file.name != "conf")

    def __exit__(self, *_) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.close()
        self.folder.cleanup()
