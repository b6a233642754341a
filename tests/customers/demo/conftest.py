from tests.demo_company import company, loaded_company

__all__ = ["company", "loaded_company"]
