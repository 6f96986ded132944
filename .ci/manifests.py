"""Checks rendered Kubernetes manifests for what a schema cannot know.

Usage: python .ci/manifests.py RENDERED.yaml… Ends with status 1 and a sentence for each fault.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
# Which service of docker-compose.yml does what which workload does.
SAME = {
    "web": "web",
    "dispatch": "worker-dispatch",
    "worker": "worker-default",
    "beat": "beat",
    "sweeper": "sweeper",
    "migrate": "migrate",
}
# The sweeper and beat are one each, the migration ends: no budget is theirs.
MAY_BE_AWAY = {"sweeper", "beat", "migrate"}
Resource = dict[str, Any]


def faults(resources: list[Resource]) -> Iterator[str]:
    """Everything that is wrong."""
    workloads = {r["metadata"]["name"]: r for r in resources if r["kind"] in ("Deployment", "Job")}
    yield from _not_as_in_compose(workloads)
    for name, workload in workloads.items():
        yield from (f"{name}: {fault}" for fault in _of_a_pod(workload))
    for resource in resources:
        if resource["kind"] == "Secret":
            yield f"the secret {resource['metadata']['name']} is written down"
    yield from _that_select_nothing(resources, workloads)
    yield from _that_lose_files(resources, workloads)


def _not_as_in_compose(workloads: dict[str, Resource]) -> Iterator[str]:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for service, name in SAME.items():
        if name not in workloads:
            yield f"there is no {name}"
            continue
        command = " ".join(_pod(workloads[name])["containers"][0].get("command", []))
        if command != services[service].get("command", ""):
            yield f"{name} runs “{command}”, unlike docker-compose.yml"


def _pod(workload: Resource) -> Resource:
    pod: Resource = workload["spec"]["template"]["spec"]
    return pod


def _of_a_pod(workload: Resource) -> Iterator[str]:
    pod = _pod(workload)
    if pod.get("automountServiceAccountToken") is not False:
        yield "has the service account's token"
    if not pod["securityContext"].get("runAsNonRoot"):
        yield "may run as root"
    for container in pod["containers"]:
        yield from _of_a_container(container)
        if workload["kind"] == "Deployment" and "livenessProbe" not in container:
            yield "has no liveness probe"


def _of_a_container(container: Resource) -> Iterator[str]:
    security = container["securityContext"]
    if not security.get("readOnlyRootFilesystem") or security.get("allowPrivilegeEscalation"):
        yield "may change its image, or gain privileges"
    if security["capabilities"]["drop"] != ["ALL"]:
        yield "keeps capabilities"
    resources = container["resources"]
    if not {"cpu", "memory"} <= set(resources["requests"]) or "memory" not in resources["limits"]:
        yield "names no resources"
    if ":" not in container["image"] or container["image"].endswith(":latest"):
        yield f"runs an image of no fixed version: {container['image']}"


def _that_select_nothing(
    resources: list[Resource], workloads: dict[str, Resource]
) -> Iterator[str]:
    every = [w["spec"]["template"]["metadata"]["labels"] for w in workloads.values()]
    budgets = []
    for resource in resources:
        name = f"{resource['kind']} {resource['metadata']['name']}"
        spec = resource.get("spec", {})
        if resource["kind"] == "HorizontalPodAutoscaler":
            if spec["scaleTargetRef"]["name"] not in workloads:
                yield f"{name} scales nothing"
            continue
        wanted = _selector(resource)
        chosen = [labels for labels in every if wanted.items() <= labels.items()]
        if not chosen:
            yield f"{name} selects nothing"
        if resource["kind"] == "PodDisruptionBudget":
            budgets += chosen
    for name, workload in workloads.items():
        is_kept = workload["spec"]["template"]["metadata"]["labels"] in budgets
        if is_kept == (name in MAY_BE_AWAY):
            yield f"{name}: its disruption budget is missing, or would block a drain"


def _that_lose_files(resources: list[Resource], workloads: dict[str, Resource]) -> Iterator[str]:
    """Files of studies lie in a bucket or on a volume that all of these see, or go with the pod."""
    settings = [r.get("data", {}) for r in resources if r["kind"] == "ConfigMap"]
    if any(values.get("ATTACHMENTS_BUCKET") for values in settings):
        return
    for name in ("web", "sweeper"):
        pod = _pod(workloads[name])
        shared = {v["name"] for v in pod["volumes"] if "persistentVolumeClaim" in v}
        mounts = pod["containers"][0].get("volumeMounts", [])
        if not any(m["mountPath"] == "/attachments" and m["name"] in shared for m in mounts):
            yield f"{name}: neither a bucket nor a shared volume for the files of studies"


def _selector(resource: Resource) -> dict[str, str]:
    spec = resource.get("spec", {})
    wanted = {
        "Service": spec.get("selector", {}),
        "PodDisruptionBudget": spec.get("selector", {}).get("matchLabels", {}),
        "NetworkPolicy": spec.get("podSelector", {}).get("matchLabels", {}),
    }
    selector: dict[str, str] = wanted.get(resource["kind"], {})
    return selector


def main() -> None:
    """Every file that is named."""
    has_faults = False
    for name in sys.argv[1:]:
        resources = [r for r in yaml.safe_load_all(Path(name).read_text()) if r]
        for fault in faults(resources):
            has_faults = True
            print(f"{name}: {fault}")
    sys.exit(has_faults)


if __name__ == "__main__":
    main()
