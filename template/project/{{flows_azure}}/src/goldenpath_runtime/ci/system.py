"""What Azure Pipelines has of its own: how it names its jobs, and how a job asks for its token.

Owned by the template: do not edit.
"""

import os

from .identity import AUDIENCES, System, ask


class AzurePipelines(System):
    """Azure Pipelines: a subject is a pipeline of the project, named as ci/settings.yml says."""

    name = "azure"
    issuer = "https://vstoken.dev.azure.com/{organization_id}"
    subject = "p://{organization}/{project}/{name}-{flow}"
    audiences = dict.fromkeys(AUDIENCES, AUDIENCES["azure"])  # its tokens have no other

    def token(self, audience: str) -> str | None:
        """From the service of Azure DevOps, with the token that the job may use."""
        if url := os.environ.get("SYSTEM_OIDCREQUESTURI"):
            connection = os.environ.get("AZURE_SERVICE_CONNECTION_ID")
            query = "?api-version=7.1" + (
                f"&serviceConnectionId={connection}" if connection else ""
            )
            return ask(url + query, os.environ.get("SYSTEM_ACCESSTOKEN", ""), "oidcToken", b"{}")
        return super().token(audience)


SYSTEM = AzurePipelines()
