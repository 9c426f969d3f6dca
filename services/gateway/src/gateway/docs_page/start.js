SwaggerUIBundle({ url: "/api/v1/openapi.json", dom_id: "#page", deepLinking: true, validatorUrl: null });
