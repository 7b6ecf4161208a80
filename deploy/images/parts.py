"""Of what a program consists: a CycloneDX document (1.6, JSON), from the lock file and what cargo says is linked."""

import hashlib
import json
import pathlib
import re
import subprocess
import time
import uuid

REGISTRY = "registry+https://github.com/rust-lang/crates.io-index"


class Parts:
    """What is known of all packages of the repository at `root`."""

    def __init__(self, root, target):
        self.root, self.target = pathlib.Path(root), target
        told = self._cargo("metadata", "--format-version=1", f"--filter-platform={target}")
        self.known = {(each["name"], each["version"]): each for each in json.loads(told)["packages"]}
        self.checksums = checksums((self.root / "Cargo.lock").read_text())
        version = subprocess.run(["rustc", "--version"], check=True, capture_output=True, text=True).stdout
        self.rust = version.split()[1]

    def _cargo(self, *arguments):
        # Whoever builds has all that is asked for: nothing is downloaded.
        command = ["cargo", *arguments, "--locked", "--offline"]
        return subprocess.run(command, cwd=self.root, check=True, stdout=subprocess.PIPE, text=True).stdout

    def linked(self, package):
        """(name, version) to what it uses, of all that ends in the program: no build scripts, no macros, no tests."""
        tree = self._cargo("tree", f"--package={package}", "--edges=normal,no-proc-macro", f"--target={self.target}",
                           "--prefix=depth", "--format= {p}")
        uses, path = {}, []
        for line in tree.splitlines():
            found = re.match(r"(\d+) (\S+) v(\S+)", line)
            depth, each = int(found[1]), (found[2], found[3])
            del path[depth:]
            uses.setdefault(each, set())
            if path:
                uses[path[-1]].add(each)
            path.append(each)
        return uses

    def document(self, package, program, version, epoch):
        """The document as text: the same for the same program, whoever asks and when."""
        uses = self.linked(package)
        main = next(each for each in uses if each[0] == package)
        std = {"type": "library", "bom-ref": reference(("std", self.rust)), "name": "std", "version": self.rust,
               "description": f"Rust's own library with the C library of {self.target}.",
               "licenses": [{"expression": "MIT OR Apache-2.0"}]}
        components = [self.component(each) for each in sorted(uses) if each != main] + [std]
        edges = {each: sorted(reference(other) for other in others) for each, others in uses.items()}
        edges[main] = sorted([*edges[main], std["bom-ref"]])
        content = {
            "metadata": {
                "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch)),
                "component": self.component(main) | {"type": "application", "hashes": [sha256(program)],
                                                     "version": version},
            },
            "components": components,
            "dependencies": [{"ref": reference(each), "dependsOn": edges[each]} for each in sorted(edges)],
        }
        number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(content, sort_keys=True))
        head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{number}", "version": 1}
        return json.dumps(head | content, indent=1) + "\n"

    def component(self, each):
        name, version = each
        package = self.known[each]
        found = {"type": "library", "bom-ref": reference(each), "name": name, "version": version}
        if package.get("description"):
            found["description"] = " ".join(package["description"].split())
        if each in self.checksums:
            found["hashes"] = [{"alg": "SHA-256", "content": self.checksums[each]}]
        if package.get("license"):
            # Before there were expressions a slash stood for `OR`.
            found["licenses"] = [{"expression": re.sub(r"\s*/\s*", " OR ", package["license"])}]
        if package["source"] == REGISTRY:
            found["purl"] = f"pkg:cargo/{name}@{version}"
        return found


def reference(each):
    return f"{each[0]}@{each[1]}"


def sha256(path):
    return {"alg": "SHA-256", "content": hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()}


def checksums(lock):
    """(name, version) to the SHA-256 of the archive that the registry gives."""
    found = {}
    for block in lock.split("[[package]]")[1:]:
        fields = dict(re.findall(r'(?m)^(name|version|checksum) = "(.+)"$', block))
        if "checksum" in fields:
            found[fields["name"], fields["version"]] = fields["checksum"]
    return found
