"""The app's public configuration, field for field as clients of the service expect it."""

OFF = (
    "apple_oauth",
    "captcha_enabled",
    "custom_jwt_auth",
    "disable_plus_emails",
    "discord_oauth",
    "enforce_wallet_uis",
    "external_wallets_for_signup_enabled",
    "farcaster_auth",
    "farcaster_link_wallets_enabled",
    "fiat_on_ramp_enabled",
    "github_oauth",
    "google_oauth",
    "guest_auth",
    "instagram_oauth",
    "legacy_wallet_ui_config",
    "line_oauth",
    "linkedin_oauth",
    "merge_accounts_by_email",
    "passkey_auth",
    "passkeys_for_signup_enabled",
    "require_users_accept_terms",
    "show_wallet_login_first",
    "sms_auth",
    "solana_wallet_auth",
    "spotify_oauth",
    "telegram_auth",
    "telegram_oauth",
    "telegram_seamless_auth_enabled",
    "tiktok_oauth",
    "twitch_oauth",
    "twitter_oauth",
    "twitter_oauth_on_mobile_enabled",
    "wallet_auth",
    "whatsapp_enabled",
)
UNSET = (
    "accent_color",
    "captcha_site_key",
    "custom_api_url",
    "enabled_captcha_provider",
    "funding_config",
    "icon_url",
    "legal_name",
    "logo_url",
    "max_linked_wallets_per_user",
    "privacy_policy_url",
    "telegram_auth_config",
    "terms_and_conditions_url",
    "wallet_connect_cloud_project_id",
)
EMPTY = (
    "allowed_domains",
    "allowed_native_app_ids",
    "allowed_native_app_url_schemes",
    "custom_oauth_providers",
    "mfa_methods",
)


def app_object(app_id: str, verification_key: str) -> dict[str, object]:
    """An app that signs people in by e-mail only and has no embedded wallets."""
    off: dict[str, object] = dict.fromkeys(OFF, False)
    unset: dict[str, object] = dict.fromkeys(UNSET, None)
    return {
        **off,
        **unset,
        **{name: [] for name in EMPTY},
        "id": app_id,
        "name": "Paper app",
        "theme": "light",
        "data_classification": "public",
        "verification_key": verification_key,
        "email_auth": True,
        "allowlist_enabled": False,
        "allowlist_config": {
            "error_title": None,
            "error_detail": None,
            "cta_text": None,
            "cta_link": None,
        },
        "embedded_wallet_config": {
            "create_on_login": "off",
            "ethereum": {"create_on_login": "off"},
            "solana": {"create_on_login": "off"},
            "user_owned_recovery_options": [],
            "require_user_owned_recovery_on_create": False,
            "require_user_password_on_create": False,
            "mode": "user-controlled-server-wallets-only",
        },
        "smart_wallet_config": {"enabled": False},
    }
